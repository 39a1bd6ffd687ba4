"""The portal's own rules; pure."""
