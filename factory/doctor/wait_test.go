package doctor_test

import (
	"testing"
	"time"
)

// eventually waits until something is true, for at most twenty seconds.
func eventually(t *testing.T, is func() bool) {
	t.Helper()
	for limit := time.Now().Add(20 * time.Second); !is(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(limit) {
			t.Fatal("not true within 20s")
		}
	}
}
