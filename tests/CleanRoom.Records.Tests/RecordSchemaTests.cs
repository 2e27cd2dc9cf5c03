using CleanRoom.Records.Import;
using CleanRoom.Records.V1;
using CleanRoom.Records.Validation;
using Google.Protobuf.Reflection;

namespace CleanRoom.Records.Tests;

/// <summary>The canonical record: its wire form, its parts, its rules.</summary>
public sealed class RecordSchemaTests
{
    [Fact]
    public void Schema_EveryFieldThatWasEverShipped_KeepsItsNumberAndType()
    {
        var shipped = File.ReadAllLines(Path.Combine(Directory.GetParent(SampleRoom.Folder)!.FullName, "tests/CleanRoom.Records.Tests/case_record.fields"));

        var now = Fields(CaseRecord.Descriptor, []).Order(StringComparer.Ordinal).ToList();

        // A field may be added (and its line here with it); none may go, move or change its type.
        Assert.True(shipped.SequenceEqual(now), $"missing: {string.Join("; ", shipped.Except(now))}\nnew: {string.Join("\n", now.Except(shipped))}");
    }

    [Fact]
    public void Codec_RecordWithEveryField_ParsesAndEncodesToTheSameBytes()
    {
        var bytes = CaseRecordCodec.Serialize(FullRecord.Make());

        Assert.True(CaseRecordCodec.TryParse(bytes, out var record));
        Assert.Equal(bytes, CaseRecordCodec.Serialize(record));
        Assert.False(CaseRecordCodec.TryParse([.. bytes, 0xD8, 0x01, 0x01], out _));
    }

    [Fact]
    public void Validate_RecordWithEveryField_FindsNothing() => Assert.Empty(CaseRecordValidator.Validate(FullRecord.Make()));

    [Fact]
    public void Split_RecordWithEveryField_JoinsToTheSameRecordWithoutWhatIsWithheld()
    {
        var record = FullRecord.Make();

        var joined = CaseRecordParts.Split(record).Join();

        record.Persons[0].Occupation = "";
        Assert.Equal(record, joined);
    }

    [Fact]
    public void Split_RecordWithEveryField_HidesNamesNumbersAndPlacesFromTheAnalyticPart()
    {
        var analytic = CaseRecordParts.Split(FullRecord.Make()).Analytic!.ToString();

        Assert.DoesNotContain("PersonName", analytic, StringComparison.Ordinal);
        Assert.DoesNotContain("Identifier ", analytic, StringComparison.Ordinal);
        Assert.DoesNotContain("Organisation ", analytic, StringComparison.Ordinal);
        Assert.DoesNotContain("Override reason", analytic, StringComparison.Ordinal);
        Assert.DoesNotContain("Physical", analytic, StringComparison.Ordinal);
        Assert.DoesNotContain("Place locality", analytic, StringComparison.Ordinal);
    }

    public static TheoryData<string, Action<CaseRecord>> Breaches => new()
    {
        { "schemaVersion", r => r.SchemaVersion = "ccr/2" },
        { "recordId", r => r.RecordId = Google.Protobuf.ByteString.CopyFrom(new byte[16]) },
        { "contributorRecordRef", r => r.ContributorRecordRef = new string('x', 65) },
        { "supersedes", r => r.RecordVersion = 1 },
        { "case.referrals[0].direction", r => r.Case.Referrals[0].Direction = "sideways" },
        { "determination.framework", r => (r.Determination.Status, r.Determination.Framework) = ("ActualVictimOfTrafficking", "") },
        { "persons[0].role", r => r.Persons[0].Role = "Owner" },
        { "persons[0].birth", r => (r.Persons[0].Birth.EarliestDay, r.Persons[0].Birth.LatestDay) = (9, 8) },
        { "persons[0].birth.edtf", r => r.Persons[0].Birth.Edtf = "1990-13" },
        { "persons[0].birth.edtf", r => r.Persons[0].Birth.LatestDay++ },
        { "persons[0].physical", r => r.Persons[0].Role = "Victim" },
        { "persons[0].homeArea", r => r.Persons[0].HomeArea.Address = "1 Some Street" },
        { "persons[0].homeArea", r => r.Persons[0].HomeArea.PostalCode = "12345" },
        { "persons[0].names[0].full", r => r.Persons[0].Names[0].Full = "abc\u202Edef" },
        { "persons[0].identifiers[0].raw", r => r.Persons[0].Identifiers[0].Raw = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<" },
        { "persons[0].relations[0].toPersonKey", r => r.Persons[0].Relations[0].ToPersonKey = "v9" },
        { "persons[1].personKey", r => r.Persons.Add(r.Persons[0].Clone()) },
        { "events[0].place.protected", r => (r.Events[0].Place.Type, r.Events[0].Place.Protected) = ("Shelter", false) },
        { "events[0].place", r => r.Events[0].Place.Protected = true },
        { "exploitation[0].debt", r => r.Exploitation[0].Debt.Value = "1,500" },
        { "exploitation[0].meansOfControl", r => r.Exploitation[0].MeansOfControl.Add(r.Exploitation[0].MeansOfControl[0].Clone()) },
        { "consents[0].state", r => (r.Consents[0].State, r.Override) = ("Overridden", null) },
        { "override", r => r.Override.Approvers[1] = "p1" },
        { "consents[0].withheldPaths", r => r.Consents[0].WithheldPaths.Add("persons.nothing") },
        { "consents[0].withheldPaths", r => r.Consents[0].WithheldPaths.Add("consents") },
        { "handling.caveats", r => r.Handling.Caveats.Remove("NO_IMMIGRATION") },
        { "retention", r => r.Retention.Period = "two years" },
        { "provenance.fields[0].path", r => r.Provenance.Fields[0].Path = "persons[0].soul" },
        { "persons[0].languages", r => r.Persons[0].Languages.Add(Enumerable.Repeat(r.Persons[0].Languages[0], 64)) },
    };

    [Theory, MemberData(nameof(Breaches))]
    public void Validate_OneBreach_IsNamedWithItsField(string field, Action<CaseRecord> breach)
    {
        var record = FullRecord.Make();
        breach(record);

        var problems = CaseRecordValidator.Validate(record);

        Assert.Contains(problems, p => p.Field == field && p.Severity == IssueSeverity.Error && p.Message.EndsWith('.') && p.Remedy.Length > 0);
    }

    [Fact]
    public void Validate_ManyBreaches_AreAllNamedAtOnce()
    {
        var record = FullRecord.Make();
        (record.SchemaVersion, record.ContributorRecordRef, record.Persons[0].Role, record.Retention.Period) = ("", "", "", "x");

        Assert.Superset(new HashSet<string> { "schemaVersion", "contributorRecordRef", "persons[0].role", "retention" }, CaseRecordValidator.Validate(record).Select(p => p.Field).ToHashSet());
    }

    [Fact]
    public async Task Validate_EverySampleRecord_FindsNothing()
    {
        foreach (var row in await SampleRoom.RowsAsync())
        {
            var problems = CaseRecordValidator.Validate(row.Record);

            Assert.True(problems.Count == 0, $"line {row.Line}: {string.Join("; ", problems.Select(p => $"{p.Field} {p.Message}"))}");
        }
    }

    [Fact]
    public void Split_WithheldPathOfOnePerson_LeavesTheOthers()
    {
        var record = FullRecord.Make();
        var other = record.Persons[0].Clone();
        (other.PersonKey, other.Occupation) = ("v2", "weaver");
        record.Persons.Add(other);

        var joined = CaseRecordParts.Split(record).Join();

        Assert.Equal(["", "weaver"], joined.Persons.Select(p => p.Occupation));
        record.Consents[0].WithheldPaths.Add("persons.role");
        Assert.Throws<ArgumentException>(() => CaseRecordParts.Split(record));
    }

    /// <summary>ISO 8601-2:2019 and the EDTF specification of the Library of Congress, level 0 and 1.</summary>
    [Theory]
    [InlineData("1985-04-12", "1985-04-12", "1985-04-12")]
    [InlineData("1985-04", "1985-04-01", "1985-04-30")]
    [InlineData("1985", "1985-01-01", "1985-12-31")]
    [InlineData("1984?", "1984-01-01", "1984-12-31")]
    [InlineData("2004-06~", "2004-06-01", "2004-06-30")]
    [InlineData("2004-06-11%", "2004-06-11", "2004-06-11")]
    [InlineData("201X", "2010-01-01", "2019-12-31")]
    [InlineData("20XX", "2000-01-01", "2099-12-31")]
    [InlineData("2004-XX", "2004-01-01", "2004-12-31")]
    [InlineData("1985-04-XX", "1985-04-01", "1985-04-30")]
    [InlineData("1985-XX-XX", "1985-01-01", "1985-12-31")]
    [InlineData("2001-21", "2001-01-01", "2001-12-31")]
    [InlineData("1964/2008", "1964-01-01", "2008-12-31")]
    [InlineData("2004-02-01/2005-02-08", "2004-02-01", "2005-02-08")]
    [InlineData("1985-04-12/..", "1985-04-12", "9999-12-31")]
    [InlineData("../1985-04-12", "0001-01-01", "1985-04-12")]
    [InlineData("1985/", "1985-01-01", "9999-12-31")]
    public void Edtf_TryParse_GivesFirstAndLastDay(string text, string first, string last)
    {
        Assert.True(Edtf.TryParse(text, out var earliest, out var latest));
        Assert.Equal((DateOnly.ParseExact(first, "yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture), DateOnly.ParseExact(last, "yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture)), (DayNumbers.ToDate(earliest), DayNumbers.ToDate(latest)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("0000")]
    [InlineData("-1985")]
    [InlineData("Y170000002")]
    [InlineData("1985-4")]
    [InlineData("1985-13")]
    [InlineData("1985-02-30")]
    [InlineData("19X5")]
    [InlineData("1985-XX-12")]
    [InlineData("../..")]
    [InlineData("2008/1964")]
    [InlineData("1985/1986/1987")]
    [InlineData(" 1985")]
    public void Edtf_TryParse_RefusesWhatIsNoLevelOneDate(string text) => Assert.False(Edtf.TryParse(text, out _, out _));

    private static IEnumerable<string> Fields(MessageDescriptor message, HashSet<string> seen)
    {
        if (!seen.Add(message.Name))
        {
            yield break;
        }
        foreach (var field in message.Fields.InFieldNumberOrder())
        {
            var type = field.FieldType == FieldType.Message ? field.MessageType.Name : field.FieldType == FieldType.Enum ? field.EnumType.Name : field.FieldType.ToString();
            yield return $"{message.Name} {field.FieldNumber} {field.Name} {(field.IsRepeated ? "repeated " : field.HasPresence && field.FieldType != FieldType.Message ? "optional " : "")}{type}";
            if (field.FieldType == FieldType.Message)
            {
                foreach (var below in Fields(field.MessageType, seen))
                {
                    yield return below;
                }
            }
        }
    }
}
