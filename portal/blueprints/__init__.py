"""HTTP in, one use case, HTML or a redirect out."""
