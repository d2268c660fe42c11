"""The first screen: the big button, what the phone is ready for, and the way to everything else."""

from __future__ import annotations

from kivy.uix.screenmanager import Screen


class HomeScreen(Screen):
    pass
