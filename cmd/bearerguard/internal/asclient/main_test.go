package asclient_test

import (
	"net/http"
	"os"
	"testing"
)

// pretendBrowser is set for the browser that a test starts, which is this
// program.
const pretendBrowser = "ASCLIENT_TEST_BROWSER"

func TestMain(m *testing.M) {
	if os.Getenv(pretendBrowser) != "" {
		resp, err := http.Get(os.Args[len(os.Args)-1])
		if err != nil {
			os.Exit(1)
		}
		_ = resp.Body.Close()
		os.Exit(0)
	}
	os.Exit(m.Run())
}
