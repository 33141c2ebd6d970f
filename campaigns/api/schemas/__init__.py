"""What answers are made of, one file per part of the interface. What is here is a promise: names are only added."""
