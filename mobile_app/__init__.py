"""The phone. Importing this package imports no Kivy."""
