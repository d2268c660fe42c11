"""What a linked agency asks for, read from the forms it may come in: our JSON, CAP 1.2, EIDO → one `Draft`. Pure.

Strict where an alert's intake is tolerant: a request opens cameras, so what can't be understood is refused with its
field, its value and what to do. Router and centers read with this one reader (docs/agencies.md section 2).
"""
