"""Kiosk mode and full screen."""
