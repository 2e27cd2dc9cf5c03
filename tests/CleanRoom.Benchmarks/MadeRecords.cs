using CleanRoom.Cryptography;
using CleanRoom.Records;
using CleanRoom.Records.Import;
using CleanRoom.Records.V1;
using Google.Protobuf;

namespace CleanRoom.Benchmarks;

/// <summary>Records of persons who do not exist, from a seed: a name of three parts, a birthday, a home town; a tenth of the persons with several contributors.</summary>
internal static class MadeRecords
{
    private static readonly string[] Syllables =
        ["ba", "ren", "to", "mi", "sa", "lin", "dor", "ka", "vel", "nu", "har", "pe", "sul", "wen", "ga", "ty", "mor", "ze", "fin", "lo", "chu", "dra", "es", "ith"];

    public static CaseRecord Make(int number, string contributor)
    {
        // The same person for numbers that leave the same rest where they fall into the shared tenth.
        var person = new Draws(number % 10 == 0 ? number / 30 : (number * 3) + contributor.Length + contributor[0]);
        var record = new CaseRecord
        {
            SchemaVersion = "ccr/1",
            ContributorId = contributor,
            RecordId = ByteString.CopyFrom(RandomUuid.New().ToByteArray(bigEndian: true)),
            RecordVersion = 1,
            ContributorRecordRef = $"{contributor}-{number}",
        };
        var born = DayNumbers.FromDate(new DateOnly(1960, 1, 1)) + person.Next(16000);
        var one = new Person
        {
            PersonKey = "v1",
            Role = "Victim",
            BirthPlace = Word(person, 3),
            Gender = person.Next(2) == 0 ? "Feminine" : "Masculine",
            Birth = new PartialDate { EarliestDay = born, LatestDay = born, Precision = "Day", Calendar = "Gregorian" },
        };
        one.Names.Add(new PersonName { Full = $"{Word(person, 2)} {Word(person, 2)} {Word(person, 3)}", Type = "Legal" });
        record.Persons.Add(one);
        foreach (var purpose in new[] { "C1_AGGREGATE", "C2_BLIND_MATCH", "C3_NGO_POINTER" })
        {
            record.Consents.Add(new Consent { PersonKey = "v1", Purpose = purpose, State = "Granted", ObtainedDay = 1, ExpiresDay = 1 << 15 });
        }
        return record;
    }

    public static ImportResult Import(string contributor, int from, int count)
    {
        var today = DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().UtcDateTime);
        return new ImportResult(
            [.. Enumerable.Range(from, count).Select(number =>
            {
                var record = Make(number, contributor);
                return new ImportedRow(number + 1, number + 2, record, [], SealDecision.For(record, today), AggregateOnly: false);
            })],
            new QualityReport(), "made", null);
    }

    private static string Word(Draws random, int syllables) =>
        string.Concat(Enumerable.Range(0, syllables).Select(_ => Syllables[random.Next(Syllables.Length)]));

    /// <summary>SplitMix64: the same draws for the same seed, everywhere.</summary>
    private sealed class Draws(long seed)
    {
        private ulong _state = (ulong)seed * 0x9E3779B97F4A7C15;

        public int Next(int below)
        {
            _state += 0x9E3779B97F4A7C15;
            var mixed = (_state ^ (_state >> 30)) * 0xBF58476D1CE4E5B9;
            mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
            return (int)((mixed ^ (mixed >> 31)) % (ulong)below);
        }
    }
}
