// SPDX-License-Identifier: Apache-2.0

// CoreDNS with nothing but what answers a cluster's own names.
package main

import (
	"github.com/coredns/coredns/coremain"

	_ "github.com/coredns/coredns/plugin/errors"
	_ "github.com/coredns/coredns/plugin/kubernetes"
)

func main() { coremain.Run() }
