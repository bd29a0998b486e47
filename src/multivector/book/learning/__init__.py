"""What helps a student learn: self-checks, study aids, terms, assignments, syllabuses."""
