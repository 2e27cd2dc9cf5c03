using CleanRoom.Charter;
using CleanRoom.Charter.Log;

namespace CleanRoom.Ingestion.Rooms;

/// <summary>As whom a caller reads a room (docs/protocol.md section 3, Visibility).</summary>
internal abstract record Viewer
{
    private Viewer()
    {
    }

    /// <summary>The enclave, and the operator's services that serve it.</summary>
    public sealed record Service(bool Enclave) : Viewer;

    /// <summary>A member: its own entries and the public ones.</summary>
    public sealed record Member(MemberId Id) : Viewer;

    /// <summary>Anyone else: the public entries.</summary>
    public sealed record Stranger : Viewer;
}

/// <summary>Who may read an entry.</summary>
/// <param name="Public">Everybody.</param>
/// <param name="Reader">Its author or whose data it is about, and the services.</param>
internal readonly record struct Audience(bool Public, MemberId? Reader)
{
    public static Audience Of(Entry? entry) => entry is null ? default : new Audience(entry.IsPublic, entry.Reader);

    public bool Admits(Viewer viewer) => Public || viewer switch
    {
        Viewer.Service => true,
        Viewer.Member member => member.Id == Reader,
        _ => false,
    };
}
