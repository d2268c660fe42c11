"""Plates: what a Korean registration plate says, how readers get it wrong, and which reads are wanted."""
