# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# bash completion for tapin: tapin itself knows its commands. Shipped to
# /usr/share/bash-completion/completions/tapin.
_tapin() {
	local word
	COMPREPLY=()
	case ${COMP_WORDS[COMP_CWORD - 1]} in
	--cache | --file | --output | --card-key | import)
		# file names, by bash
		mapfile -t COMPREPLY < <(compgen -f -- "${COMP_WORDS[COMP_CWORD]}")
		return
		;;
	esac
	while IFS= read -r word; do
		COMPREPLY+=("$word")
	done < <("${COMP_WORDS[0]}" --complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -F _tapin tapin
