package main

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// The table stands between these lines.
const (
	tableBegins = "<!-- The table is made by make map, from the packages' doc comments. -->"
	tableEnds   = "<!-- The end of the table. -->"
)

var beginning = regexp.MustCompile(`^Package \w+ `)

// sentence is what a package's doc comment says first, without its name.
func (r *room) sentence() string {
	s := beginning.ReplaceAllString(r.doc, "")
	if s == "" {
		return "–"
	}
	return strings.ReplaceAll(strings.ToUpper(s[:1])+s[1:], "|", `\|`)
}

// table lists the rooms with a sentence each.
func (g graph) table() string {
	var lines strings.Builder
	lines.WriteString("| room | what it does |\n|---|---|\n")
	for _, name := range g.names() {
		fmt.Fprintf(&lines, "| [`%s`](%s) | %s |\n", name, name, g[name].sentence())
	}
	return lines.String()
}

// replaceTable puts the table into the guide.
func replaceTable(text string, g graph) (string, error) {
	before, rest, begins := strings.Cut(text, tableBegins+"\n")
	_, after, ends := strings.Cut(rest, tableEnds)
	if !begins || !ends {
		return "", errors.New(guide + " lacks the two lines between which the table of rooms stands")
	}
	return before + tableBegins + "\n\n" + g.table() + "\n" + tableEnds + after, nil
}
