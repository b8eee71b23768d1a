# SPDX-License-Identifier: Apache-2.0
# make install DESTDIR= PREFIX=/usr: programs, page, units, users, udev rules, blacklist, example,
# man pages, completion.

LIBDIR := $(DESTDIR)$(PREFIX)/lib

install: programs ## install into DESTDIR and PREFIX (/usr)
	install -d $(DESTDIR)$(PREFIX)/bin $(LIBDIR)/systemd/system $(LIBDIR)/sysusers.d $(LIBDIR)/tmpfiles.d \
		$(LIBDIR)/udev/rules.d $(DESTDIR)$(PREFIX)/share/doc/tapin $(DESTDIR)$(PREFIX)/share/man/man1 \
		$(DESTDIR)$(PREFIX)/share/man/man7 $(DESTDIR)$(PREFIX)/share/man/man8
	for file in $$(cd controller/web && find . -type f); do \
		install -D -m 644 controller/web/$$file $(DESTDIR)$(PREFIX)/share/tapin/web/$$file || exit 1; \
	done
	install -m 755 $(PROGRAMS) $(DESTDIR)$(PREFIX)/bin
	for unit in $(wildcard systemd/*.service systemd/*.path); do \
		sed 's#/usr/bin/#$(PREFIX)/bin/#' $$unit >$(LIBDIR)/systemd/system/$${unit##*/} && \
		chmod 644 $(LIBDIR)/systemd/system/$${unit##*/} || exit 1; \
	done
	install -m 644 systemd/sysusers.d/*.conf $(LIBDIR)/sysusers.d
	install -m 644 systemd/tmpfiles.d/*.conf $(LIBDIR)/tmpfiles.d
	install -m 644 udev/*.rules $(LIBDIR)/udev/rules.d
	install -D -m 644 udev/tapin.modprobe $(LIBDIR)/modprobe.d/tapin.conf
	install -m 644 README.md LICENSE $(wildcard deploy/*.example deploy/examples/*) $(DESTDIR)$(PREFIX)/share/doc/tapin
	$(foreach page,$(wildcard deploy/man/*.[178]),install -m 644 $(page) $(DESTDIR)$(PREFIX)/share/man/man$(subst .,,$(suffix $(page))) &&) true
	install -D -m 644 deploy/completion/tapin.bash $(DESTDIR)$(PREFIX)/share/bash-completion/completions/tapin
	install -D -m 644 deploy/mosquitto/tapin.conf $(DESTDIR)$(PREFIX)/share/tapin/mosquitto/tapin.conf
	install -D -m 755 deploy/mosquitto/init $(DESTDIR)$(PREFIX)/share/tapin/mosquitto/init
	install -D -m 644 deploy/mosquitto/restart.conf $(DESTDIR)$(PREFIX)/share/tapin/mosquitto/restart.conf
