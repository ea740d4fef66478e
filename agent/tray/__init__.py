"""The tray icon: a child process, only where a display allows it."""
