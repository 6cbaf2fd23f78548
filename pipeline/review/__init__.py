"""The review workbench: people check the suggestions in a web page, and the tool learns from them."""
