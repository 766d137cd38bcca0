package snippets

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/bearerguard/bearerguard/revoke/feedtest"
)

func TestReceiveSignals(t *testing.T) {
	v, list, err := revocable(t.Context(), new(feedtest.Memory))
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	if err := receiveSignals(mux, v, list, ""); err != nil {
		t.Fatal(err)
	}
	for path, mediaType := range map[string]string{"/logout": "application/x-www-form-urlencoded", "/events": "application/secevent+jwt"} {
		r := httptest.NewRequest(http.MethodPost, path, strings.NewReader("logout_token=x"))
		r.Header.Set("Content-Type", mediaType)
		w := httptest.NewRecorder()
		if mux.ServeHTTP(w, r); w.Code != http.StatusBadRequest {
			t.Errorf("%s: got %d %s, want 400", path, w.Code, w.Body)
		}
	}
	if err := receiveSignals(http.NewServeMux(), nil, list, ""); err == nil {
		t.Error("without a verifier: got no error, want one")
	}
}
