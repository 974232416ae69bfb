package main

import "bytes"

// lineWriter hands on what is written to it line by line.
type lineWriter struct {
	each func(line []byte)
	part []byte
}

func (w *lineWriter) Write(p []byte) (int, error) {
	w.part = append(w.part, p...)
	for {
		end := bytes.IndexByte(w.part, '\n')
		if end < 0 {
			return len(p), nil
		}
		w.each(w.part[:end+1])
		w.part = w.part[end+1:]
	}
}

// flush hands on a last line that has no line break.
func (w *lineWriter) flush() {
	if len(w.part) > 0 {
		w.each(append(w.part, '\n'))
		w.part = nil
	}
}
