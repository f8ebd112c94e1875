// The Kubernetes manifests of docs/fleet, decoded strictly by the types of
// k8s.io/api: a field that Kubernetes does not know, or of another type, fails.
package manifests

import (
	"os"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	"sigs.k8s.io/yaml"
)

func TestTheManifestsAreWhatKubernetesTakes(t *testing.T) {
	text, err := os.ReadFile("../../../docs/fleet/kubernetes.yaml")
	if err != nil {
		t.Fatal(err)
	}
	kinds := map[string]func() any{
		"ConfigMap":           func() any { return new(corev1.ConfigMap) },
		"Service":             func() any { return new(corev1.Service) },
		"PodDisruptionBudget": func() any { return new(policyv1.PodDisruptionBudget) },
		"StatefulSet":         func() any { return new(appsv1.StatefulSet) },
	}
	seen := map[string]bool{}
	for _, document := range strings.Split(string(text), "\n---\n") {
		var head struct {
			Kind string `json:"kind"`
		}
		if err := yaml.Unmarshal([]byte(document), &head); err != nil {
			t.Fatal(err)
		}
		target, known := kinds[head.Kind]
		if !known {
			t.Fatalf("kind %q: is none that is looked at", head.Kind)
		}
		if err := yaml.UnmarshalStrict([]byte(document), target()); err != nil {
			t.Errorf("%s: %v", head.Kind, err)
		}
		seen[head.Kind] = true
	}
	if len(seen) != len(kinds) {
		t.Errorf("only %v were found", seen)
	}
	if err := yaml.UnmarshalStrict([]byte("kind: Service\nspec: {port: 1}"), new(corev1.Service)); err == nil {
		t.Error("a field that nobody knows was taken")
	}
}
