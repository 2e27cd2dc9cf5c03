using CleanRoom.Records.Import;

namespace CleanRoom.Records.Tests;

/// <summary>
/// Five lists that nobody had seen when the tables of words were written (samples/unseen), each in another style and language, each mapped in one session at a terminal in
/// the language of who keeps it. The keys of each session stand here; what the lists say afterwards stands in unseen.expected.
/// </summary>
public sealed class UnseenSheetsTests
{
    private static string Folder => Path.Combine(SampleRoom.Folder, "unseen");

    public static TheoryData<string, string, string, (string Shown, string Keys)[]> Sessions => new()
    {
        {
            "1-casa-da-estrada.csv", "pt", "Ficha nº",
            [
                ("\"Ficha nº\": o que contém?", ""), ("[1]", "ref\r"), ("\"Zap\"", ""), ("[1]", "\r"), ("\"Veio de\"", ""), ("[1]", "\r"),
                ("\"Quem trouxe\"", ""), ("[1]", "SuspectName\r"), ("\"Ficava onde\"", ""), ("[1]", "Where\r"), ("\"Pode passar p/ frente?\"", ""), ("[1]", "ConsentWords\r"), ("\"Obs.\"", ""), ("[1]", "note\r"),
                ("Coluna a mudar", "3\r"), ("\"Apelido de rua\"", ""), ("[1]", "alias\r"), ("Coluna a mudar", "\r"),
                ("\"pode p/ as ONGs\" (2x)", ""), ("[1]", "3\r"), ("\"só número\"", ""), ("[1]", "2\r"), ("Gravado:", ""),
            ]
        },
        {
            "2-golos.tsv", "ru", "№ справи",
            [
                ("«Хто вербував»: что в этом столбце?", ""), ("[1]", "SuspectName\r"), ("«Куди вивезли»", ""), ("[1]", "2\r"),
                ("Какой столбец изменить", "\r"), ("«згода Б» (2x)", ""), ("[1]", "3\r"), ("Сохранено:", ""),
            ]
        },
        {
            "3-rim-nam.xlsx", "th", "เลขรับ",
            [
                ("\"เกิดเมื่อ\": ช่องนี้เก็บอะไร", ""), ("[1]", "\r"), ("\"ติดต่อได้ที่\"", ""), ("[1]", "\r"), ("\"ใครพาไป\"", ""), ("[1]", "SuspectName\r"), ("\"ให้ส่งต่อได้ไหม\"", ""), ("[1]", "ConsentWords\r"),
                ("คอลัมน์ที่จะเปลี่ยน", "๑\r"), ("\"เลขรับ\"", ""), ("[1]", "Ref\r"), ("คอลัมน์ที่จะเปลี่ยน", "\r"),
                ("\"แบบ ข\"", ""), ("[1]", "2\r"), ("\"ได้ทุกหน่วย\"", ""), ("[1]", "5\r"), ("บันทึก", ""),
            ]
        },
        {
            "4-nuru.ndjson", "en", "_id",
            [
                ("\"alizaliwa\": what does it hold?", ""), ("[1]", "\r"), ("\"alipelekwa\"", ""), ("[1]", "2\r"), ("Column to change", "\r"), ("Saved", ""),
            ]
        },
        {
            "5-al-maladh.csv", "ar", "م",
            [
                ("\"مواليد\": ماذا يحوي هذا العمود؟", ""), ("[1]", "\r"), ("\"للتواصل\"", ""), ("[1]", "\r"), ("\"الشخص الذي جلبها\"", ""), ("[1]", "SuspectName\r"), ("\"احتجزت في\"", ""), ("[1]", "Where\r"),
                ("العمود المراد تغييره", "٥\r"), ("\"من أي بلد\"", ""), ("[1]", "Citizenship\r"), ("العمود المراد تغييره", "9\r"), ("\"كلام الحالة\"", ""), ("[1]", "Note\r"), ("العمود المراد تغييره", "\r"),
                ("\"تشمل الجمعيات\" (2 مرة)", ""), ("[1]", "٣\r"), ("\"نموذج ب\"", ""), ("[1]", "2\r"), ("حُفظ", ""),
            ]
        },
    };

    [Theory, MemberData(nameof(Sessions))]
    public async Task RecordsMap_ListNeverSeenBefore_IsMappedInOneSession(string file, string language, string reference, (string Shown, string Keys)[] script)
    {
        Terminal.Require();
        var folder = Directory.CreateTempSubdirectory("unseen");
        try
        {
            var profile = Path.Combine(folder.FullName, "own.profile.json");
            var (code, screen) = await Terminal.PlayAsync($"{MappingSessionTests.Program} records map {Path.Combine(Folder, file)} --lang {language} --save {profile}", script);
            Assert.True(code == 0, screen);

            var result = await CaseImporter.ImportAsync(
                Path.Combine(Folder, file), SampleRoom.Options("u", new DatasetManifest(), reference, profile), TestContext.Current.CancellationToken);
            var said = RecordLines.Of(file, result);
            var expected = await File.ReadAllTextAsync(Path.Combine(Directory.GetParent(SampleRoom.Folder)!.FullName, "tests/CleanRoom.Records.Tests/unseen.expected"), TestContext.Current.CancellationToken);
            Assert.True(expected.Contains(said, StringComparison.Ordinal), $"If the change is meant, unseen.expected must hold:\n{said}");
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
