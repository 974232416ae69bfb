package corbado

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func errorBody(kind, details, fields string) string {
	return fmt.Sprintf(`{"httpStatusCode":400,"message":"no","requestData":{"requestID":"req-123","link":"https://console.example/?s=%[2]s"},`+
		`"runtime":0.1,"data":{"leak":%[2]q},"error":{"type":%[1]q,"details":%[2]q,"validation":[%[3]s],"links":[]}}`, kind, details, fields)
}

// The details of every answer repeat the API secret and the user's e-mail, to
// see that no error does.
func TestCorbadoFaults(t *testing.T) {
	leak := apiSecret + " " + email + " " + minted
	good := func(old, replacement string) string { return strings.Replace(goodAnswer, old, replacement, 1) }
	for name, tc := range map[string]struct {
		status int
		header map[string]string
		body   string
		want   APIError
		class  error
	}{
		"401": {
			status: 401, body: errorBody("login_error", leak, ""),
			want: APIError{Status: 401, Type: "login_error", RequestID: "req-123"}, class: ErrUnauthorized,
		},
		"403 from a gateway": {
			status: 403, body: "<html>" + leak, want: APIError{Status: 403}, class: ErrUnauthorized,
		},
		"project mismatch by another status": {
			status: 400, body: errorBody("project_id_mismatch", leak, ""),
			want: APIError{Status: 400, Type: "project_id_mismatch", RequestID: "req-123"}, class: ErrUnauthorized,
		},
		"404": {
			status: 404, body: errorBody("not_found", leak, ""),
			want: APIError{Status: 404, Type: "not_found", RequestID: "req-123"}, class: ErrRejected,
		},
		"validation": {
			status: 400, body: errorBody("validation_error", leak, `{"field":"data.displayName","message":"`+leak+`"},{"field":"`+leak+`","message":""}`),
			want:  APIError{Status: 400, Type: "validation_error", RequestID: "req-123", Validation: []string{"data.displayName"}},
			class: ErrRejected,
		},
		"secret in type and request ID": {
			status: 400, body: strings.Replace(errorBody(apiSecret, "", ""), "req-123", leak, 1),
			want: APIError{Status: 400}, class: ErrRejected,
		},
		"429 with Retry-After": {
			status: 429, header: map[string]string{"Retry-After": "7"}, body: errorBody("rate_limited", leak, ""),
			want: APIError{Status: 429, Type: "rate_limited", RequestID: "req-123", RetryAfter: 7 * time.Second}, class: ErrRateLimited,
		},
		"429 with a date": {
			status: 429, header: map[string]string{"Retry-After": "Fri, 02 Jan 2026 03:04:35 GMT"},
			want: APIError{Status: 429, RetryAfter: 30 * time.Second}, class: ErrRateLimited,
		},
		"429 for a year": {
			status: 429, header: map[string]string{"Retry-After": "31536000"},
			want: APIError{Status: 429, RetryAfter: time.Hour}, class: ErrRateLimited,
		},
		"429 with a date gone by": {
			status: 429, header: map[string]string{"Retry-After": "Fri, 02 Jan 2015 03:04:35 GMT"},
			want: APIError{Status: 429}, class: ErrRateLimited,
		},
		"429 with nonsense": {
			status: 429, header: map[string]string{"Retry-After": "-5"}, want: APIError{Status: 429}, class: ErrRateLimited,
		},
		"rate_limited by another status": {
			status: 400, body: errorBody("rate_limited", leak, ""),
			want: APIError{Status: 400, Type: "rate_limited", RequestID: "req-123"}, class: ErrRateLimited,
		},
		"500": {
			status: 500, body: errorBody("internal_error", leak, ""),
			want: APIError{Status: 500, Type: "internal_error", RequestID: "req-123"}, class: ErrUnavailable,
		},
		"503 from a gateway": {
			status: 503, header: map[string]string{"Retry-After": "60"}, body: "<html>" + leak,
			want: APIError{Status: 503, RetryAfter: time.Minute}, class: ErrUnavailable,
		},
		"error with a huge body": {
			status: 500, body: strings.Repeat(leak, 10_000), want: APIError{Status: 500}, class: ErrUnavailable,
		},
		"200, malformed":             {status: 200, body: goodAnswer[:60], want: APIError{Status: 200, Type: typeMalformed}, class: ErrUnavailable},
		"200, empty":                 {status: 200, want: APIError{Status: 200, Type: typeMalformed}, class: ErrUnavailable},
		"204":                        {status: 204, want: APIError{Status: 204, Type: typeMalformed}, class: ErrUnavailable},
		"200, null":                  {status: 200, body: "null", want: APIError{Status: 200, Type: typeMalformed}, class: ErrUnavailable},
		"200, no secret":             {status: 200, body: good(`"secret"`, `"other"`), want: APIError{Status: 200, Type: typeMalformed}, class: ErrUnavailable},
		"200, no expires":            {status: 200, body: good(`"expires"`, `"other"`), want: APIError{Status: 200, Type: typeMalformed}, class: ErrUnavailable},
		"200, token of another type": {status: 200, body: good("passkey-append", "passkey-delete"), want: APIError{Status: 200, Type: typeMalformed}, class: ErrUnavailable},
		"200, secret is no text":     {status: 200, body: good(`"`+minted+`"`, "5"), want: APIError{Status: 200, Type: typeMalformed}, class: ErrUnavailable},
		"200, huge body":             {status: 200, body: goodAnswer + strings.Repeat(" ", maxAnswer), want: APIError{Status: 200, Type: typeMalformed}, class: ErrUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, answerWith(tc.status, tc.header, tc.body))
			_, err := newClient(t, s.URL).CreateConnectToken(t.Context(), request)
			got, ok := errors.AsType[*APIError](err)
			if !ok {
				t.Fatalf("got %T %v", err, err)
			}
			got.detail = ""
			if diff := cmp.Diff(tc.want, *got, cmp.AllowUnexported(APIError{})); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			checkError(t, err, tc.class)
		})
	}
}

// checkError sees that err is of one class only and shows nothing.
func checkError(t *testing.T, err, class error) {
	t.Helper()
	matched := 0
	for _, one := range []error{ErrUnauthorized, ErrRateLimited, ErrUnavailable, ErrRejected} {
		if errors.Is(err, one) {
			matched++
		}
	}
	if matched != 1 || !errors.Is(err, class) {
		t.Errorf("%v matches %d classes, want only %v", err, matched, class)
	}
	for _, shown := range []string{err.Error(), fmt.Sprintf("%+v", err), fmt.Sprintf("%#v", err)} {
		for _, part := range []string{"S3cr3t", "T0k3n", "alice", encode(project + ":" + apiSecret)} {
			if strings.Contains(shown, part) {
				t.Errorf("%q is shown by %s", part, shown)
			}
		}
	}
}

func TestMalformedAnswerIsExplained(t *testing.T) {
	s := serve(t, answerWith(200, nil, strings.Replace(goodAnswer, `"secret"`, `"other"`, 1)))
	_, err := newClient(t, s.URL).CreateConnectToken(t.Context(), request)
	if want := "corbado answered 200 malformed_answer: it has no secret"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}
