package apitest_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/bearerguard/bearerguard/testserver"
)

func TestControlChecksAnAPI(t *testing.T) {
	for _, tt := range holes {
		t.Run(tt.hole, func(t *testing.T) {
			t.Parallel()
			want := strings.Join(tt.found, " ")
			if tt.hole == "HTTP/2 is trusted" {
				want = "" // this hole needs HTTP/2, which an API without TLS does not offer
			}
			as := testserver.New(t)
			api := httptest.NewServer(newRoleAPI(as, tt.hole))
			defer api.Close()
			body := fmt.Sprintf(`{"url":%q,"scope":"orders:read","require_claim":{"/realm_access/roles":"admin"}}`, api.URL+"/orders")
			r := httptest.NewRequest("POST", "http://127.0.0.1:9001/v1/check", strings.NewReader(body))
			r.Header.Set("Authorization", "Bearer the-control-token")
			w := httptest.NewRecorder()
			as.Control("the-control-token").ServeHTTP(w, r)

			var answer struct {
				OK      bool
				Results []struct {
					Name string
					OK   bool
				}
			}
			if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil || w.Code != http.StatusOK {
				t.Fatalf("got %d %s, %v, want 200", w.Code, w.Body, err)
			}
			var wrong []string
			for _, r := range answer.Results {
				if !r.OK {
					wrong = append(wrong, r.Name)
				}
			}
			slices.Sort(wrong)
			if got := strings.Join(wrong, " "); got != want || answer.OK != (want == "") || len(answer.Results) == 0 {
				t.Errorf("got %q wrong of %d and ok %v, want %q", got, len(answer.Results), answer.OK, want)
			}
		})
	}
}
