"""The part of the app that must live when the window doesn't: core and network in one loop.

On a desktop it is a thread; on Android it will be the foreground-service process. The window reaches it only through
the methods of `Phone` that say they may be called from any thread, and hears from it by `View`s.
"""
