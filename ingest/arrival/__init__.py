"""How files arrive: named inboxes, which of their files are complete and new, and the way of each into landing."""
