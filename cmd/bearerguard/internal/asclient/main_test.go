package asclient_test

import (
	"net/http"
	"os"
	"testing"
)

// pretendBrowser is the name of an environment variable. If the variable is
// set, this test program acts as the browser.
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
