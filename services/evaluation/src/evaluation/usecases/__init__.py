"""What evaluation does, a function per verb; each owns its transaction unless it is handed one."""
