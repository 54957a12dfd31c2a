"""Made-up data and the surroundings of `portal demo`; nothing here serves a real installation."""
