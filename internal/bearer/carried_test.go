package bearer

import (
	"net/http"
	"testing"
)

func TestCarried(t *testing.T) {
	for line, want := range map[string]bool{
		"Bearer x": true, "bEaReR x": true, "Bearer": true, "Bearer\tx": true, " Bearer x": true,
		"Basic eDp5": false, "Bearerx": false, "DPoP x": false, "Basic eDp5, Bearer x": false, "": false,
	} {
		if got := Carried(http.Header{"Authorization": {line}}); got != want {
			t.Errorf("%q: %v", line, got)
		}
	}
	if Carried(http.Header{}) || !Carried(http.Header{"Authorization": {"Basic eDp5", "Bearer x"}}) {
		t.Error("no field, or a second one")
	}
}
