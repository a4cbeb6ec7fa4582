// The terminal: line editing, progress, colours, Ctrl-C.
