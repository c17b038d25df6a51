package diagnose_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/helm-chart-factory/factory/factory/deploy/diagnose"
)

func TestCreation(t *testing.T) {
	refused := event("FailedCreate", `Error creating: pods "web-1" is forbidden: violates PodSecurity "restricted:latest": allowPrivilegeEscalation != false`)
	findings := diagnose.Creation(web, []*corev1.Event{refused})
	if len(findings) != 1 || !strings.Contains(findings[0].Cause, `Pod Security level refuses the pod: "restricted:latest": allowPrivilegeEscalation`) {
		t.Errorf("got %+v", findings)
	}
	later := event("SuccessfulCreate", "Created pod: web-1")
	later.LastTimestamp = metav1.NewTime(refused.LastTimestamp.Add(time.Second))
	if findings := diagnose.Creation(web, []*corev1.Event{refused, later}); len(findings) > 0 {
		t.Errorf("the pod was made in the end: %+v", findings)
	}
}

func TestRefusal(t *testing.T) {
	for message, want := range map[string]string{
		`pods "x" is forbidden: exceeded quota: small, requested: cpu=1`:                                       "quota is used up: small, requested: cpu=1",
		`failed calling webhook "webhook.cert-manager.io": connect: connection refused`:                        `webhook of the cluster does not answer: webhook.cert-manager.io`,
		`admission webhook "policy.example.com" denied the request: no`:                                        `refuses it: policy.example.com: no`,
		`deployments.apps is forbidden: User "joe" cannot create resource "deployments"`:                       "this user's rights do not allow it: create deployments",
		`unable to recognize "": no matches for kind "Certificate" in version "cert-manager.io/v1"`:            "does not know a kind of object",
		`StatefulSet.apps "db" is invalid: spec: Forbidden: updates to statefulset spec for fields`:            "a field changed that Kubernetes does not let change",
		`Service "x" in namespace "y" exists and cannot be imported into the current release: reason`:          "was not made by this release",
		`deployments.apps "x" is forbidden: ValidatingAdmissionPolicy 'p' with binding 'b' denied request: no`: "a policy of the cluster refuses it: p: no",
		`pods "x" is forbidden: failed quota: small: must specify limits.cpu for: web`:                         "wants requests and limits on every container",
		`something else`: "the cluster refuses it: something else",
	} {
		if cause, _ := diagnose.Refusal(message); !strings.Contains(cause, want) {
			t.Errorf("%s\n got %q\nwant %q in it", message, cause, want)
		}
	}
}

func TestClaim(t *testing.T) {
	class := "fast"
	claim := &corev1.PersistentVolumeClaim{
		ObjectMeta: metav1.ObjectMeta{Name: "data", Namespace: "shop"},
		Spec:       corev1.PersistentVolumeClaimSpec{StorageClassName: &class},
		Status:     corev1.PersistentVolumeClaimStatus{Phase: corev1.ClaimPending},
	}
	missing := []*corev1.Event{event("ProvisioningFailed", `storageclass.storage.k8s.io "fast" not found`)}
	findings := diagnose.Claim(web, claim, missing)
	if len(findings) != 1 || !strings.Contains(findings[0].Cause, "asks for class fast") {
		t.Errorf("got %+v", findings)
	}
	if findings := diagnose.Claim(web, claim, []*corev1.Event{event("WaitForFirstConsumer", "waiting")}); len(findings) > 0 {
		t.Errorf("a claim that waits for its pod is no trouble: %+v", findings)
	}
	claim.Status.Phase = corev1.ClaimBound
	if findings := diagnose.Claim(web, claim, missing); len(findings) > 0 {
		t.Errorf("a bound claim is no trouble: %+v", findings)
	}
}

func TestWriteShowsTheEvidenceBeforeTheCause(t *testing.T) {
	var out bytes.Buffer
	diagnose.Finding{
		Object: "deployment/web", Pod: "web-1", Container: "web", Reason: "CrashLoopBackOff", Detail: "exit code 3",
		Events: []string{"03:04:05 BackOff: x"}, Logs: []string{"cannot open the database"}, Previous: []string{"earlier"},
		Cause: "the program ends", Next: "read the log",
	}.Write(&out, 20)
	want := `
deployment/web  pod web-1  container web
  state   CrashLoopBackOff
          exit code 3
  events
    | 03:04:05 BackOff: x
  log
    | cannot open the database
  log of the run before
    | earlier
  cause   the program ends
  next    read the log
`
	if out.String() != want {
		t.Errorf("got %s\nwant %s", out.String(), want)
	}
}
