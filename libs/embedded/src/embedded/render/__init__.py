"""How answers look in a terminal, in Vietnamese or English."""
