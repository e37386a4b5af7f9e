"""Charts of an edition as SVG."""
