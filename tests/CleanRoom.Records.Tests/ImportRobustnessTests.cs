using System.Text;
using CleanRoom.Records.Import;
using CleanRoom.Records.Matching;

namespace CleanRoom.Records.Tests;

public sealed class ImportRobustnessTests
{
    private static readonly DatasetManifest Manifest = new() { Jurisdiction = ["FRA"] };

    public static TheoryData<string, byte[], string> BadFiles => new()
    {
        { "empty", [], "empty" },
        { "blank", "  \n \n"u8.ToArray(), "blanks" },
        { "zip", [0x50, 0x4B, 3, 4, 1, 2, 3], "workbook" },
        { "binary", [1, 0, 7, 8, 9, 65, 66, 67, 68, 69, 70], "binary" },
        { "latin-1", [.. "name,phone\nJos"u8, 0xE9, .. ",0612345678\n"u8], "UTF-8" },
        { "nul", [.. "name,phone,passport,nationality\n"u8, .. Enumerable.Repeat((byte)'a', 5000), 0, .. ",1\n"u8], "NUL|binary" },
        { "huge cell", Encoding.UTF8.GetBytes("name,phone\n\"" + new string('x', 10_000_000) + "\",1\n"), "longer than" },
        { "open quote", "name,phone\n\"abc,1\n"u8.ToArray(), "quote" },
        { "many columns", Encoding.UTF8.GetBytes(string.Join(',', Enumerable.Repeat("name", 5000)) + "\n"), "columns" },
    };

    [Theory, MemberData(nameof(BadFiles))]
    public async Task ImportAsync_BadFile_GivesOneClearSentence(string what, byte[] bytes, string expected)
    {
        var error = await Assert.ThrowsAsync<ImportException>(() => Import(bytes));

        Assert.True(expected.Split('|').Any(e => error.Message.Contains(e, StringComparison.Ordinal)), $"{what}: {error.Message}");
    }

    [Fact]
    public async Task ImportAsync_UnknownLayout_NamesTheClosestProfile()
    {
        var result = await Import("alpha,beta,gamma\n1,2,3\n"u8.ToArray());

        Assert.NotNull(result.NeedsProfile);
        Assert.Empty(result.Rows);
        Assert.Contains(result.NeedsProfile.ClosestProfile, (IEnumerable<string>)["case-list", "persons"]);
    }

    [Fact]
    public async Task ImportAsync_RandomBytesAndTables_ThrowNothingButTheImportError()
    {
        var seed = 20261101;
        for (var round = 0; round < 300; round++)
        {
            var random = new Dice(seed + round);
            var bytes = new byte[random.Next(3000)];
            if (round % 2 == 0)
            {
                for (var i = 0; i < bytes.Length; i++)
                {
                    bytes[i] = (byte)random.Next(256);
                }
            }
            else
            {
                var alphabet = "name,phone;passport\n\r\"\t dob 1-/+0x()áกخ|C1,ok,no 2565 @.me";
                bytes = Encoding.UTF8.GetBytes("name,phone,dob,passport,car / boat,boss,boss tel,ok to share,where,company\n"
                    + new string([.. Enumerable.Range(0, bytes.Length).Select(_ => alphabet[random.Next(alphabet.Length)])]));
            }
            try
            {
                foreach (var row in (await Import(bytes)).Rows)
                {
                    _ = MatchFacts.From(row.Record);
                    Assert.True(CaseRecordCodec.TryParse(CaseRecordCodec.Serialize(row.Record), out var again) && again.Equals(row.Record));
                }
            }
            catch (ImportException)
            {
                // The one error that a bad file may give.
            }
            catch (Exception error) when (error is not Xunit.Sdk.XunitException)
            {
                Assert.Fail($"seed {seed + round}: {error}");
            }
        }
    }

    [Theory]
    [InlineData("Nom,Prénom,Date de naissance,Nationalité,Numéro de passeport,Téléphone,Nom du recruteur,Téléphone du recruteur,Lieu d'exploitation,Consentement\nDUPONT,Awa,12/03/1999,Sénégalaise,A0012345,06 12 34 56 78,Moussa,+221 77 000 00 01,\"Salon Exemple, Paris\",\"d'accord ONG, pas la police\"\n", "C1;C2;C3")]
    [InlineData("Nombre completo;Fecha de nacimiento;Nacionalidad;Pasaporte;Celular;Reclutador;Teléfono del reclutador;Lugar de explotación;Consentimiento\nAna Prueba;12/03/1999;colombiana;AB123456;+57 300 000 0001;El Flaco;+57 300 000 0002;Bar Ejemplo, Madrid;sí, todo\n", "C1;C2;C3;C5;C6")]
    [InlineData("ФИО;Дата рождения;Гражданство;Паспорт;Телефон;Вербовщик;Телефон вербовщика;Место эксплуатации;Согласие\nИванова Анна;12.03.1999;Украина;AA123456;+380 50 000 0001;Саша;+380 50 000 0002;Склад, Москва;да, НКО\n", "C1;C2;C3")]
    [InlineData("الاسم,تاريخ الميلاد,الجنسية,رقم جواز السفر,رقم الهاتف,السمسار,هاتف السمسار,مكان الاستغلال,الموافقة\nفاطمة أحمد,1999-03-12,إثيوبيا,EP1234567,+251900000001,أبو علي,+966500000001,الرياض,موافق للجميع\n", "C1;C2;C3;C5;C6")]
    [InlineData("ชื่อ-นามสกุล,วันเกิด,สัญชาติ,หนังสือเดินทาง,เบอร์โทร,นายหน้า,เบอร์นายหน้า,สถานที่ทำงาน,ความยินยอม\nมาลี ตัวอย่าง,12/03/2542,ไทย,AA1234567,081 000 0001,เจ๊แดง,081 000 0002,ร้านตัวอย่าง พัทยา,สถิติเท่านั้น\n", "C1")]
    public async Task ImportAsync_OtherLanguages_AreMappedByTheirHeaders(string table, string consents)
    {
        var result = await Import(Encoding.UTF8.GetBytes(table));

        var record = Assert.Single(result.Rows).Record;
        var victim = record.Persons.First(p => p.Role == "Victim");
        Assert.Equal("case-list", result.Profile);
        Assert.NotEmpty(victim.Names);
        Assert.Equal(new DateOnly(1999, 3, 12), DayNumbers.ToDate(victim.Birth.EarliestDay));
        Assert.NotEmpty(victim.Citizenship);
        Assert.Contains(victim.Identifiers, i => i.Kind == "Document" && i.DocumentType == "P");
        Assert.Contains(victim.Identifiers, i => i.Kind == "Phone" && i.HolderRole == "Victim");
        Assert.Contains(record.Persons, p => p.Role == "Suspect" && p.Names.Count > 0 && p.Identifiers.Any(i => i.Kind == "Phone" && i.HolderRole == "Suspect"));
        Assert.Contains(record.Events, e => e.Type == "Exploitation" && e.Place.Country.Length > 0);
        Assert.Equal(consents, string.Join(';', ConsentRules.LivePurposes(record, SampleRoom.Today)));
    }

    [Fact]
    public async Task ImportAsync_PersonsWithDeclaredConsent_MaySealEveryRow()
    {
        var path = SharedFiles.Find("data/linkage/historical_25k.csv");
        var manifest = new DatasetManifest { DeclaredConsent = new DeclaredConsent { Purposes = ["C1", "C2", "C3"], ObtainedOn = "2026-01-01", ExpiresOn = "2030-01-01" } };

        var result = await CaseImporter.ImportAsync(path, SampleRoom.Options("x", manifest, "unique_id"), TestContext.Current.CancellationToken);

        Assert.Equal("persons", result.Profile);
        Assert.Equal(24_932, result.Rows.Count);
        Assert.Equal(24_932, result.Report.IdentitySealed);
        Assert.True(result.Rows.Count(r => r.Record.Persons[0].Birth is not null) > 15_000);
    }

    [Fact]
    public async Task ImportAsync_AggregateFile_IsNeverSealed()
    {
        var result = await CaseImporter.ImportAsync(Path.Combine(SampleRoom.Folder, "ctdc_2024_layout_random.csv"), SampleRoom.Options("x", Manifest), TestContext.Current.CancellationToken);

        Assert.Equal("ctdc-synth-2024", result.Profile);
        Assert.Equal(60, result.Rows.Count);
        Assert.All(result.Rows, r => Assert.True(r.AggregateOnly && !r.Seal.Any));
    }

    private static async Task<ImportResult> Import(byte[] bytes)
    {
        using var stream = new MemoryStream(bytes);
        return await CaseImporter.ImportAsync(stream, SampleRoom.Options("x", Manifest), TestContext.Current.CancellationToken);
    }

    /// <summary>Seeded numbers (SplitMix64), so that a failure can be run again.</summary>
    private sealed class Dice(long seed)
    {
        private ulong _state = (ulong)seed;

        public int Next(int below)
        {
            var z = unchecked(_state += 0x9E3779B97F4A7C15);
            z = unchecked((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9);
            z = unchecked((z ^ (z >> 27)) * 0x94D049BB133111EB);
            return (int)((z ^ (z >> 31)) % (ulong)below);
        }
    }
}
