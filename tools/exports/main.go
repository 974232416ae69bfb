// Command exports finds exported names that nobody outside of their package uses. Such a
// name promises something to nobody: it should be a small one.
//
//	go run ./exports [module folder...]
//
// It reads the rooms below internal/, and counts uses in every package, test and program
// of the module, and of those that are named after it. Not looked at: the stand-ins, whose
// names are what a test may ask of them; types that stand in the signature of another
// name; errors, which callers may look for; values of an exported type, of which a reader
// wants the whole list; methods, which may be there for an interface.
package main

import (
	"fmt"
	"go/token"
	"go/types"
	"os"
	"slices"
	"strings"

	"golang.org/x/tools/go/packages"
)

func main() {
	unused, err := find(os.Args[1:]...)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	for _, line := range unused {
		fmt.Println(line)
	}
	if len(unused) > 0 {
		os.Exit(1)
	}
}

// find returns a line for each exported function, type, constant and variable, and for
// each method of a named type, that only its own package uses.
func find(dirs ...string) ([]string, error) {
	fset := token.NewFileSet()
	declared := make(map[string]bool) // by the place of the declaration
	used := make(map[string]bool)
	for _, dir := range dirs {
		all, err := packages.Load(&packages.Config{
			Mode: packages.NeedName | packages.NeedSyntax | packages.NeedTypes | packages.NeedTypesInfo | packages.NeedImports | packages.NeedDeps,
			Dir:  dir, Fset: fset, Tests: true,
		}, "./...")
		if err != nil {
			return nil, err
		}
		for _, p := range all {
			for id, obj := range p.TypesInfo.Defs {
				if obj == nil || !id.IsExported() || strings.HasSuffix(fset.Position(obj.Pos()).Filename, "_test.go") {
					continue
				}
				if counts(obj) {
					declared[place(fset, obj)] = true
				}
				for _, shown := range signature(obj) {
					used[place(fset, shown)] = true
				}
			}
			for _, obj := range p.TypesInfo.Uses {
				if obj.Pkg() != nil && base(obj.Pkg().Path()) != base(p.PkgPath) {
					used[place(fset, obj)] = true
				}
			}
		}
	}
	var unused []string
	for at := range declared {
		if !used[at] {
			unused = append(unused, at)
		}
	}
	slices.Sort(unused)
	return unused, nil
}

// base is a package's path without the marks of its tests.
func base(path string) string {
	path, _, _ = strings.Cut(path, " ")
	return strings.TrimSuffix(strings.TrimSuffix(path, ".test"), "_test")
}

func place(fset *token.FileSet, obj types.Object) string {
	at := fset.Position(obj.Pos())
	return fmt.Sprintf("%s:%d: %s", at.Filename, at.Line, obj.Name())
}

// failure is the interface of errors.
var failure = types.Universe.Lookup("error").Type().Underlying().(*types.Interface)

// counts reports whether a name is a promise of a room that somebody must use.
func counts(obj types.Object) bool {
	pkg := obj.Pkg()
	if pkg == nil || obj.Parent() != pkg.Scope() || !strings.Contains(pkg.Path(), "/internal/") ||
		strings.Contains(pkg.Path(), "/internal/emulator/") || strings.Contains(pkg.Path(), "/internal/testkit/") {
		return false
	}
	switch obj.(type) {
	case *types.TypeName:
		return !types.Implements(types.NewPointer(obj.Type()), failure)
	case *types.Const, *types.Var:
		named, ok := obj.Type().(*types.Named)
		return !ok || !named.Obj().Exported() && named.Obj().Pkg() != nil
	}
	return true
}

// signature returns the named types that a name shows to its callers.
func signature(obj types.Object) []types.Object {
	var shown []types.Object
	var walk func(types.Type, int)
	walk = func(t types.Type, deep int) {
		if deep > 4 {
			return
		}
		switch t := t.(type) {
		case *types.Named:
			shown = append(shown, t.Obj())
		case *types.Alias:
			shown = append(shown, t.Obj())
		case *types.Pointer:
			walk(t.Elem(), deep+1)
		case *types.Slice:
			walk(t.Elem(), deep+1)
		case *types.Array:
			walk(t.Elem(), deep+1)
		case *types.Chan:
			walk(t.Elem(), deep+1)
		case *types.Map:
			walk(t.Key(), deep+1)
			walk(t.Elem(), deep+1)
		case *types.Signature:
			for v := range t.Params().Variables() {
				walk(v.Type(), deep+1)
			}
			for v := range t.Results().Variables() {
				walk(v.Type(), deep+1)
			}
		case *types.Interface:
			for e := range t.EmbeddedTypes() {
				walk(e, deep+1)
			}
		}
	}
	if name, ok := obj.(*types.TypeName); ok {
		walk(name.Type().Underlying(), 0)
	} else {
		walk(obj.Type(), 0)
	}
	return shown
}
