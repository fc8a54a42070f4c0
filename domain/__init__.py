"""Pure: values in, a value out. No I/O, no clock, no Temporal, no SQL, nothing of ours from outside."""
