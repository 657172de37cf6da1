/* Handles as integers, for Fortran and other languages: every kind of handle is a constant or an object with a
 * number (base/handle.h). A number that no object has gives the null handle of its kind. */
#include "config.h"

#include "api/api.h"

#pragma weak MPI_Comm_toint = PMPI_Comm_toint
int PMPI_Comm_toint(MPI_Comm comm)
{
    return handle_to_int(comm);
}

#pragma weak MPI_Comm_fromint = PMPI_Comm_fromint
MPI_Comm PMPI_Comm_fromint(int comm)
{
    void *handle = handle_from_int(comm);
    return handle ? handle : MPI_COMM_NULL;
}

#pragma weak MPI_Errhandler_toint = PMPI_Errhandler_toint
int PMPI_Errhandler_toint(MPI_Errhandler errhandler)
{
    return handle_to_int(errhandler);
}

#pragma weak MPI_Errhandler_fromint = PMPI_Errhandler_fromint
MPI_Errhandler PMPI_Errhandler_fromint(int errhandler)
{
    void *handle = handle_from_int(errhandler);
    return handle ? handle : MPI_ERRHANDLER_NULL;
}

#pragma weak MPI_File_toint = PMPI_File_toint
int PMPI_File_toint(MPI_File file)
{
    return handle_to_int(file);
}

#pragma weak MPI_File_fromint = PMPI_File_fromint
MPI_File PMPI_File_fromint(int file)
{
    void *handle = handle_from_int(file);
    return handle ? handle : MPI_FILE_NULL;
}

#pragma weak MPI_Group_toint = PMPI_Group_toint
int PMPI_Group_toint(MPI_Group group)
{
    return handle_to_int(group);
}

#pragma weak MPI_Group_fromint = PMPI_Group_fromint
MPI_Group PMPI_Group_fromint(int group)
{
    void *handle = handle_from_int(group);
    return handle ? handle : MPI_GROUP_NULL;
}

#pragma weak MPI_Info_toint = PMPI_Info_toint
int PMPI_Info_toint(MPI_Info info)
{
    return handle_to_int(info);
}

#pragma weak MPI_Info_fromint = PMPI_Info_fromint
MPI_Info PMPI_Info_fromint(int info)
{
    void *handle = handle_from_int(info);
    return handle ? handle : MPI_INFO_NULL;
}

#pragma weak MPI_Message_toint = PMPI_Message_toint
int PMPI_Message_toint(MPI_Message message)
{
    return handle_to_int(message);
}

#pragma weak MPI_Message_fromint = PMPI_Message_fromint
MPI_Message PMPI_Message_fromint(int message)
{
    void *handle = handle_from_int(message);
    return handle ? handle : MPI_MESSAGE_NULL;
}

#pragma weak MPI_Op_toint = PMPI_Op_toint
int PMPI_Op_toint(MPI_Op op)
{
    return handle_to_int(op);
}

#pragma weak MPI_Op_fromint = PMPI_Op_fromint
MPI_Op PMPI_Op_fromint(int op)
{
    void *handle = handle_from_int(op);
    return handle ? handle : MPI_OP_NULL;
}

#pragma weak MPI_Request_toint = PMPI_Request_toint
int PMPI_Request_toint(MPI_Request request)
{
    return handle_to_int(request);
}

#pragma weak MPI_Request_fromint = PMPI_Request_fromint
MPI_Request PMPI_Request_fromint(int request)
{
    void *handle = handle_from_int(request);
    return handle ? handle : MPI_REQUEST_NULL;
}

#pragma weak MPI_Session_toint = PMPI_Session_toint
int PMPI_Session_toint(MPI_Session session)
{
    return handle_to_int(session);
}

#pragma weak MPI_Session_fromint = PMPI_Session_fromint
MPI_Session PMPI_Session_fromint(int session)
{
    void *handle = handle_from_int(session);
    return handle ? handle : MPI_SESSION_NULL;
}

#pragma weak MPI_Type_toint = PMPI_Type_toint
int PMPI_Type_toint(MPI_Datatype datatype)
{
    return handle_to_int(datatype);
}

#pragma weak MPI_Type_fromint = PMPI_Type_fromint
MPI_Datatype PMPI_Type_fromint(int datatype)
{
    void *handle = handle_from_int(datatype);
    return handle ? handle : MPI_DATATYPE_NULL;
}

#pragma weak MPI_Win_toint = PMPI_Win_toint
int PMPI_Win_toint(MPI_Win win)
{
    return handle_to_int(win);
}

#pragma weak MPI_Win_fromint = PMPI_Win_fromint
MPI_Win PMPI_Win_fromint(int win)
{
    void *handle = handle_from_int(win);
    return handle ? handle : MPI_WIN_NULL;
}
