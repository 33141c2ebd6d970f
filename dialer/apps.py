"""The app's configuration: dialer listens to what campaigns change."""

from django.apps import AppConfig


class DialerConfig(AppConfig):
    name = "dialer"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from campaigns import events
        from dialer import hearing_campaigns

        events.listen(hearing_campaigns.changed)
