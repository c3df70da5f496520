"""An angle that is turned by hand."""
