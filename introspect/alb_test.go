package introspect_test

import (
	"strings"
	"testing"

	"github.com/bearerguard/bearerguard/introspect"
)

func TestALBConfigurationFaults(t *testing.T) {
	const arn = "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/orders/50dc6c495c0c9188"
	config := introspect.Config{Issuer: "https://idp.example"}
	for name, tt := range map[string]struct {
		config      introspect.Config
		arn, client string
		want        []string
	}{
		"an empty configuration":             {introspect.Config{}, "", "", []string{"needs Issuer", "needs the ARN"}},
		"a name instead of an ARN":           {config, "orders", "app", []string{"needs the ARN"}},
		"a load balancer of another kind":    {config, strings.Replace(arn, "/app/", "/net/", 1), "app", []string{"needs the ARN"}},
		"the ARN of another service":         {config, strings.Replace(arn, "elasticloadbalancing", "ec2", 1), "app", []string{"needs the ARN"}},
		"a partition whose keys are unknown": {config, strings.Replace(arn, "arn:aws:", "arn:aws-cn:", 1), "app", []string{"Endpoint is empty"}},
		"credentials":                        {introspect.Config{Issuer: "https://idp.example", Auth: introspect.Basic("a", "b")}, arn, "app", []string{"must be zero for ALB"}},
		"no fault":                           {config, arn, "app", nil},
		"no fault, in another partition":     {config, strings.Replace(arn, "arn:aws:", "arn:aws-us-gov:", 1), "app", nil},
	} {
		t.Run(name, func(t *testing.T) {
			client, err := introspect.ALB(tt.config, tt.arn, tt.client)
			if (err == nil) != (tt.want == nil) || (client == nil) != (err != nil) {
				t.Fatalf("got %v and %v, want either a client or an error, as in the table", client, err)
			}
			for _, part := range tt.want {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("got %q, want it to mention %q", err, part)
				}
			}
		})
	}
}
