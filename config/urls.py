"""Every address of the product: one include per app, the two questions an orchestrator asks, and the admin."""

from __future__ import annotations

from django.contrib import admin
from django.urls import include, path

from dialer import health

admin.site.site_header = admin.site.site_title = "Fairdial"

handler500 = "campaigns.views.errors.server_error"

urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("admin/", admin.site.urls),
    path("", include("campaigns.urls")),
    path("", include("dialer.urls")),
]
