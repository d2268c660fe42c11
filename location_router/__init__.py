"""The national location router: assigns every alert to the center where the person is."""
