#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The page's size, how soon it answers, and that nothing in it moves while people tap; make bench has the big one.
# runs beside others
source "$(dirname "$0")/../web/figurelib.sh"
web_figures 1000 5000 2 15x 4
