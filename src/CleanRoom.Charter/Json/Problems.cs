namespace CleanRoom.Charter.Json;

/// <summary>Collects what is wrong with a document, up to a bound.</summary>
internal sealed class Problems
{
    private const int Most = 200;

    private readonly List<CharterError> _errors = [];

    public IReadOnlyList<CharterError> Errors => _errors;

    public bool Any => _errors.Count > 0;

    public void Add(string path, string message, string remedy)
    {
        if (_errors.Count < Most)
        {
            _errors.Add(new CharterError(path, message, remedy));
        }
    }

    /// <summary>A name from outside, cut and cleaned so that it can stand in an error.</summary>
    public static string Shown(string name)
    {
        var cut = name.Length > 40 ? name[..40] + "…" : name;
        return string.Concat(cut.Select(c => char.IsControl(c) || char.IsSurrogate(c) ? '?' : c));
    }
}
