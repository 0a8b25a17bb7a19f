"""Texts of work items and the full-text index over them, filled with the summaries that are stored."""

import django.db.models.deletion
from django.db import migrations, models

from sojourn.history.words import indexed

# The tokenizer leaves our words as they are. Phrases are decided on the words, so the index keeps no positions.
_SQLITE = (
    """CREATE VIRTUAL TABLE history_text_index USING fts5(
        words, content='history_text', content_rowid='id', tokenize="ascii tokenchars '_'", detail='none', columnsize=0
    )""",
    "INSERT INTO history_text_index (history_text_index) VALUES ('rebuild')",
    """CREATE TRIGGER history_text_inserted AFTER INSERT ON history_text BEGIN
        INSERT INTO history_text_index (rowid, words) VALUES (new.id, new.words);
    END""",
    """CREATE TRIGGER history_text_deleted AFTER DELETE ON history_text BEGIN
        INSERT INTO history_text_index (history_text_index, rowid, words) VALUES ('delete', old.id, old.words);
    END""",
    """CREATE TRIGGER history_text_updated AFTER UPDATE ON history_text BEGIN
        INSERT INTO history_text_index (history_text_index, rowid, words) VALUES ('delete', old.id, old.words);
        INSERT INTO history_text_index (rowid, words) VALUES (new.id, new.words);
    END""",
)
_POSTGRESQL = (
    "SET CONSTRAINTS ALL IMMEDIATE",  # an index is not made while checks of rows are pending
    """CREATE INDEX history_text_index ON history_text
        USING gin (array_to_tsvector(string_to_array(btrim(words), ' ')))""",
)
_BATCH = 1000


def fill(apps, schema_editor):
    Issue, Text = apps.get_model("history", "Issue"), apps.get_model("history", "Text")
    languages = dict(apps.get_model("history", "Site").objects.values_list("id", "text_language"))
    rows = Issue.objects.order_by("pk").values_list("pk", "site_id", "summary")
    last = 0
    while found := list(rows.filter(pk__gt=last)[:_BATCH]):
        Text.objects.bulk_create(
            Text(issue_id=issue, field="summary", words=indexed(summary, languages[site]))
            for issue, site, summary in found
            if summary.strip()
        )
        last = found[-1][0]


def make_index(apps, schema_editor):
    for statement in _SQLITE if schema_editor.connection.vendor == "sqlite" else _POSTGRESQL:
        schema_editor.execute(statement, params=None)


def drop_index(apps, schema_editor):
    if schema_editor.connection.vendor == "sqlite":  # on PostgreSQL it goes with its table
        schema_editor.execute("DROP TABLE history_text_index")


class Migration(migrations.Migration):

    dependencies = [
        ('history', '0003_present_values'),
    ]

    operations = [
        migrations.AddField(
            model_name='site',
            name='text_language',
            field=models.CharField(default='english', max_length=32),
        ),
        migrations.CreateModel(
            name='Text',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('field', models.CharField(max_length=255)),
                ('words', models.TextField()),
                ('issue', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to='history.issue')),
            ],
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.RunPython(make_index, drop_index),
    ]
