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
		"nothing at all":                     {introspect.Config{}, "", "", []string{"needs Issuer", "needs the ARN"}},
		"a name in the place of an ARN":      {config, "orders", "app", []string{"needs the ARN"}},
		"a load balancer of another kind":    {config, strings.Replace(arn, "/app/", "/net/", 1), "app", []string{"needs the ARN"}},
		"something else of AWS":              {config, strings.Replace(arn, "elasticloadbalancing", "ec2", 1), "app", []string{"needs the ARN"}},
		"a partition whose keys are unknown": {config, strings.Replace(arn, "arn:aws:", "arn:aws-cn:", 1), "app", []string{"Endpoint is empty"}},
		"credentials":                        {introspect.Config{Issuer: "https://idp.example", Auth: introspect.Basic("a", "b")}, arn, "app", []string{"mean nothing to ALB"}},
		"none":                               {config, arn, "app", nil},
		"none, in another partition":         {config, strings.Replace(arn, "arn:aws:", "arn:aws-us-gov:", 1), "app", nil},
	} {
		t.Run(name, func(t *testing.T) {
			client, err := introspect.ALB(tt.config, tt.arn, tt.client)
			if (err == nil) != (tt.want == nil) || (client == nil) != (err != nil) {
				t.Fatalf("got %v and %v", client, err)
			}
			for _, part := range tt.want {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("got %q, want it to mention %q", err, part)
				}
			}
		})
	}
}
