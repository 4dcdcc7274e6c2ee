"""What decides d_f: for now, the disparity under a clicked point."""
