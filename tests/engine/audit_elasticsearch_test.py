# SPDX-License-Identifier: Apache-2.0
"""The tests of audits with Elasticsearch as the store."""

import audit_bookkeeper_test
import audit_refusals_test
import audit_stores
import audit_test
import audit_uses_test

ENGINE = audit_stores.ElasticsearchStores.START


class ElasticsearchAudits(audit_stores.ElasticsearchStores, audit_test.Audits):
    pass


class ElasticsearchBookkeeper(audit_stores.ElasticsearchStores, audit_bookkeeper_test.Bookkeeper):
    pass


class ElasticsearchRefusals(audit_stores.ElasticsearchStores, audit_refusals_test.Refusals):
    pass


class ElasticsearchUses(audit_stores.ElasticsearchStores, audit_uses_test.Uses):
    pass
