package corbado

import (
	"net/http"
	"slices"
	"strconv"
)

// page is the part of a list that a caller asks for
// (Corbado: Backend API, list parameters).
type page struct {
	number, size int
	newestFirst  bool
}

// pagingRsp tells the caller where it is in a list.
type pagingRsp struct {
	Page       int `json:"page"`
	TotalPages int `json:"totalPages"`
	TotalItems int `json:"totalItems"`
}

func readPage(r *http.Request) (page, error) {
	q := r.URL.Query()
	p := page{number: 1, size: 10}
	for name, into := range map[string]*int{"page": &p.number, "pageSize": &p.size} {
		if raw := q.Get(name); raw != "" {
			n, err := strconv.Atoi(raw)
			if err != nil || n < 1 || n > 1000 {
				return page{}, invalid(name, "must be a number from 1 to 1000")
			}
			*into = n
		}
	}
	switch q.Get("sort") {
	case "", "created":
	case "-created":
		p.newestFirst = true
	default:
		return page{}, invalid("sort", "the emulator sorts by created and -created only")
	}
	if q.Has("filter[]") {
		return page{}, invalid("filter[]", "the emulator has no filters")
	}
	return p, nil
}

// paginate cuts the page out of list, which is ordered from old to new.
func paginate[T any](p page, list []T) ([]T, pagingRsp) {
	if p.newestFirst {
		list = slices.Clone(list)
		slices.Reverse(list)
	}
	at := pagingRsp{Page: p.number, TotalPages: (len(list) + p.size - 1) / p.size, TotalItems: len(list)}
	from := min((p.number-1)*p.size, len(list))
	return list[from:min(from+p.size, len(list))], at
}
