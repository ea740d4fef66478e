"""Who may ask for what, and how the user is asked."""
