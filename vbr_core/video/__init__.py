"""Video files in and out: exact frame index, random access, colour, encoding. Nothing here knows Qt."""
