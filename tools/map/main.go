// Map draws the rooms of the repository and lists them: docs/images/rooms.svg and
// the table in CONTRIBUTING.md, from the import graph and the packages' doc
// comments. It runs from the root of the repository.
//
//	map         writes both
//	map -check  fails if they are not what the code says
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
)

const (
	picture = "docs/images/rooms.svg"
	guide   = "CONTRIBUTING.md"
)

func main() {
	check := flag.Bool("check", false, "write nothing; fail if the picture or the table is out of date")
	flag.Parse()
	if err := run(*check); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(check bool) error {
	g, err := readGraph()
	if err != nil {
		return err
	}
	text, err := os.ReadFile(guide)
	if err != nil {
		return err
	}
	updated, err := replaceTable(string(text), g)
	if err != nil {
		return err
	}
	if check {
		drawn, err := os.ReadFile(picture)
		if err != nil {
			return err
		}
		if dataOf(string(drawn)) != g.data() {
			return errors.New(picture + " shows other rooms or imports than there are: run make map and commit the result")
		}
		if updated != string(text) {
			return errors.New(guide + " lists other rooms than there are: run make map and commit the result")
		}
		return nil
	}
	if err := os.WriteFile(picture, []byte(draw(g)), 0o644); err != nil { //nolint:gosec // G306: a file of the repository
		return err
	}
	return os.WriteFile(guide, []byte(updated), 0o644) //nolint:gosec // G306, G703: a file of the repository
}
