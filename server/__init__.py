"""One installation: home of the people who signed up there, serving desk of what happens in its area."""
